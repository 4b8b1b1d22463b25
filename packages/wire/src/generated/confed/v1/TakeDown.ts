// From proto/confed/v1/console.proto


export interface TakeDown {
}

export interface TakeDownReceived {
}
