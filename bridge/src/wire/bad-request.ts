/** A request that cannot be done as it is. The message says why, for whoever sent it. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest'
}
