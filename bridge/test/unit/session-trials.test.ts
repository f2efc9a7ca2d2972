import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Curve, generateSignalPubKey } from 'baileys'
import { ProtocolAddress, SessionBuilder, SessionCipher } from 'libsignal'
import { trySessionsOnCopies } from '../../src/whatsapp/session-trials.ts'
import { quietLibsignal, SignalStore } from '../wa-server/signal-store.ts'

/** One side of a Signal conversation. */
class Side {
  readonly store = new SignalStore(Curve.generateKeyPair(), 1)

  constructor(readonly partner: ProtocolAddress) {}

  async openSession(other: Side): Promise<void> {
    const { id, key } = other.store.newPreKey()
    const { identity, signedPreKey, registrationId } = other.store
    await new SessionBuilder(this.store, this.partner).initOutgoing({
      registrationId,
      identityKey: generateSignalPubKey(identity.public),
      signedPreKey: {
        keyId: signedPreKey.keyId,
        publicKey: generateSignalPubKey(signedPreKey.keyPair.public),
        signature: signedPreKey.signature,
      },
      preKey: { keyId: id, publicKey: generateSignalPubKey(key) },
    })
  }

  encrypt(text: string): Promise<{ type: number; body: string }> {
    return new SessionCipher(this.store, this.partner).encrypt(Buffer.from(text))
  }

  async decrypt({ type, body }: { type: number; body: string }): Promise<string> {
    const [cipher, bytes] = [new SessionCipher(this.store, this.partner), Buffer.from(body, 'binary')]
    return String(await (type === 3 ? cipher.decryptPreKeyWhisperMessage(bytes) : cipher.decryptWhisperMessage(bytes)))
  }
}

/**
 * A message of the first session arrives after a second one was opened and used. Returns whether both sides can still
 * decrypt.
 */
async function survivesCrossing(): Promise<boolean> {
  const alice = new Side(new ProtocolAddress('bob', 1))
  const bob = new Side(new ProtocolAddress('alice', 1))
  const talk = async () => {
    assert.equal(await bob.decrypt(await alice.encrypt('hello')), 'hello')
    assert.equal(await alice.decrypt(await bob.encrypt('yes?')), 'yes?')
  }
  await alice.openSession(bob)
  await talk()
  const late = await alice.encrypt('late')
  await alice.openSession(bob)
  await talk()
  assert.equal(await bob.decrypt(late), 'late')
  return talk().then(
    () => true,
    () => false,
  )
}

test('a message of an older session does not corrupt the newer one', async () => {
  quietLibsignal()
  // If the result becomes true, libsignal has fixed the bug, and the override can be removed.
  assert.equal(await survivesCrossing(), false)
  trySessionsOnCopies()
  assert.equal(await survivesCrossing(), true)
})

test('a message that was decrypted already is distinguished from one that no session fits', async () => {
  quietLibsignal()
  trySessionsOnCopies()
  const alice = new Side(new ProtocolAddress('bob', 1))
  const bob = new Side(new ProtocolAddress('alice', 1))
  await alice.openSession(bob)
  await bob.decrypt(await alice.encrypt('hello'))
  await alice.decrypt(await bob.encrypt('yes?'))
  const message = await alice.encrypt('once')
  assert.equal(await bob.decrypt(message), 'once')
  await assert.rejects(bob.decrypt(message), { name: 'MessageCounterError' })
  const other = Buffer.from((await alice.encrypt('damaged')).body, 'binary')
  other.writeUInt8(other.readUInt8(other.length - 1) ^ 1, other.length - 1)
  await assert.rejects(bob.decrypt({ type: 1, body: other.toString('binary') }), { name: 'SessionError' })
  assert.equal(await bob.decrypt(await alice.encrypt('after')), 'after')
})
