// From proto/confed/v1/head.proto


export interface ListEnrolment {
}

export interface ListEnrolmentReceived {
}
