import { apiQuery, queryClient } from '#shared/api/query'

/** Makes the effect of an action visible before the next poll. */
export const refreshLink = () =>
  void queryClient.invalidateQueries({ queryKey: apiQuery('/api/whatsapp/bridge').queryKey })
