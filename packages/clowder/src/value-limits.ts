/** How deep a value may be nested, in both directions: what one member writes another can read. */
export const MAX_DEPTH = 64
/** Objects, arrays, maps and so on in one value. Each costs some hundred bytes of memory, and may be one byte on the wire. */
export const MAX_OBJECTS = 131_072
