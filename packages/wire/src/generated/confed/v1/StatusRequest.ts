// From proto/confed/v1/console.proto


export interface StatusRequest {
}

export interface StatusRequestReceived {
}
