// From proto/confed/v1/head.proto


export interface LogoutResponse {
}

export interface LogoutResponseReceived {
}
