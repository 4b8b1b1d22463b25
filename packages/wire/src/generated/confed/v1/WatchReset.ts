// From proto/confed/v1/head.proto


export interface WatchReset {
}

export interface WatchResetReceived {
}
