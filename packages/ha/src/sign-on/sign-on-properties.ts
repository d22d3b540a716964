/** The properties of a session in which somebody is logged in, and the attributes of an entry. */
export const PRINCIPAL = 'principal'
export const AUTH_TYPE = 'authType'
/** The entry that the session takes part in. */
export const ENTRY = 'signOn'
