// From proto/confed/v1/head.proto


export interface ShowPolicy {
}

export interface ShowPolicyReceived {
}
