// From proto/confed/v1/console.proto


export interface Reconnect {
}

export interface ReconnectReceived {
}
