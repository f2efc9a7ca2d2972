interface Named {
  id: number
  name: string
}

/**
 * Returns the choices for a typed text: the tags that contain it and are not the contact's own, the one of them that
 * Enter adds, and whether the text is the name of a new tag. Enter adds the tag with this name, or else the only tag
 * that contains the text.
 */
export function tagChoices<T extends Named>(all: readonly T[], own: readonly Named[], text: string) {
  const wanted = text.trim().toLocaleLowerCase()
  const isNamed = ({ name }: T) => name.toLocaleLowerCase() === wanted
  const free = all.filter(tag => !own.some(({ id }) => id === tag.id) && tag.name.toLocaleLowerCase().includes(wanted))
  const isKnown = all.some(isNamed)
  const chosen = isKnown || free.length > 1 ? free.find(isNamed) : free[0]
  return { free, chosen, isNew: wanted !== '' && !isKnown }
}
