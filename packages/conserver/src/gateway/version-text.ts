/** What this server says it is: clients look at the numbers for what it can do. */
export const VERSION_TEXT = "version `conserver.com version 8.2.7'";

/** The same as one number: clients ask for playback from 8001014 on. */
export const NUMERIC_VERSION = "8002007";
