// From proto/confed/v1/head.proto


export interface WhoAmIRequest {
}

export interface WhoAmIRequestReceived {
}
