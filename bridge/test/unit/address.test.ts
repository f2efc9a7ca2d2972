import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf, isContact, isIgnored, masked, readContact } from '../../src/address.ts'
import { isSelf } from '../../src/whatsapp/envelope.ts'

test('every form of an address is read as one address', () => {
  for (const text of ['972501234567@s.whatsapp.net', '972501234567:3@s.whatsapp.net', '972501234567@c.us']) {
    const address = { kind: 'phone', user: '972501234567', bare: '972501234567@s.whatsapp.net' }
    assert.deepEqual(addressOf(text), address, text)
  }
  assert.equal(addressOf('972501234567_128:99@hosted')?.bare, '972501234567@s.whatsapp.net')
  for (const text of ['123456@lid', '123456:7@lid', '123456_129:99@hosted.lid']) {
    assert.deepEqual(addressOf(text), { kind: 'lid', user: '123456', bare: '123456@lid' }, text)
  }
  assert.deepEqual(addressOf('1@constructor'), { kind: 'other', user: '1', bare: '1@constructor' })
  for (const text of ['972501234567', '', undefined, null]) assert.equal(addressOf(text), undefined)
})

test('chats with more than one contact are ignored', () => {
  for (const address of ['1203630001@g.us', '123@broadcast', '123@newsletter', 'status@broadcast']) {
    assert.ok(isIgnored(address) && !isContact(address), address)
  }
  for (const server of ['s.whatsapp.net', 'c.us', 'hosted', 'lid', 'hosted.lid']) {
    assert.ok(!isIgnored(`123@${server}`) && isContact(`123@${server}`), server)
  }
  assert.ok(!isContact('123@call') && !isContact('123'))
})

test('the linked account is recognised by both of its addresses', () => {
  const self = { phone: '972355512340:3@s.whatsapp.net', lid: '300000000000001:3@lid' }
  for (const own of ['972355512340@hosted', '972355512340@c.us', '300000000000001@lid', '300000000000001@hosted.lid']) {
    assert.ok(isSelf(own, self), own)
  }
  for (const other of ['972355512340@lid', '300000000000001@s.whatsapp.net', '972355512340@g.us', undefined]) {
    assert.ok(!isSelf(other, self), other)
  }
})

test('a recipient is named in any form of an address of a contact', () => {
  for (const to of ['+972501234567', 'whatsapp:+972501234567', '972501234567@c.us', '972501234567:3@hosted']) {
    assert.equal(readContact(to), '972501234567', to)
  }
  assert.equal(readContact('200000000000001:2@hosted.lid'), '200000000000001@lid')
  for (const to of ['', '0501234567', '1@lid', 'x@lid', '120363000000000001@g.us', '1203630000@call']) {
    assert.equal(readContact(to), undefined, to)
  }
})

test('phone numbers are masked', () => {
  assert.equal(masked('972501234512@s.whatsapp.net'), '+9725•••••12')
  assert.equal(masked('+972501234512'), '+9725•••••12')
  assert.equal(masked('200000000000001@lid'), '2000•••••01@lid')
  assert.equal(masked('123'), '+•••')
})
