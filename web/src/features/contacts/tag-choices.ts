interface Named {
  id: number
  name: string
}

/** `chosen` is the tag that Enter adds: the one with this name, or else the only one that contains the text. */
export function tagChoices<T extends Named>(all: readonly T[], own: readonly Named[], text: string) {
  const wanted = text.trim().toLocaleLowerCase()
  const isNamed = ({ name }: T) => name.toLocaleLowerCase() === wanted
  const free = all.filter(tag => !own.some(({ id }) => id === tag.id) && tag.name.toLocaleLowerCase().includes(wanted))
  const isKnown = all.some(isNamed)
  const chosen = isKnown || free.length > 1 ? free.find(isNamed) : free[0]
  return { free, chosen, isNew: wanted !== '' && !isKnown }
}
