/** A request that is invalid. The message gives the client the reason. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest'
}
