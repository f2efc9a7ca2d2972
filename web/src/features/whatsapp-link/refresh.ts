import { apiQuery, queryClient } from '#shared/api/query'

/** Fetches the state of the link again, so that the effect of an action is visible before the next poll. */
export const refreshLink = () =>
  void queryClient.invalidateQueries({ queryKey: apiQuery('/api/whatsapp/bridge').queryKey })
