/** The same program compiles against both: what differs between the two is not in the types. */
declare module 'express4' {
  import express from 'express'
  export default express
}
