import { apiQuery, queryClient } from '#shared/api/query'

/** Fetches the state of the link again. */
export const refreshLink = () =>
  void queryClient.invalidateQueries({ queryKey: apiQuery('/api/whatsapp/bridge').queryKey })
