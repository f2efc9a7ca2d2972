import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { toast } from '../components/toasts'
import { asApiError } from './errors'
import { problemText } from './problem-text'

/** A change of cached data that is shown before the daemon has confirmed it. */
export interface Patch<D = never> {
  /** The keys that begin like this one are patched. */
  key: QueryKey
  update: (data: D) => D
}

/** Describes one patch with the type of its data. */
export const patch = <D>(key: QueryKey, update: (data: D) => D): Patch => ({ key, update }) as unknown as Patch

interface Items<T> {
  items: T[]
}

/** A list as it is cached: the answer of `apiQuery`, or the pages of `apiPages`. Both begin with the same path. */
type List<T> = Partial<Items<T>> & { pages?: Items<T>[] }

/** Describes a patch of the items of every cached list whose key begins like this one. */
export const patchItems = <T>(key: QueryKey, update: (items: T[]) => T[]): Patch =>
  patch<List<T>>(key, data => {
    if (data.pages) return { ...data, pages: data.pages.map(page => ({ ...page, items: update(page.items) })) }
    return data.items ? { ...data, items: update(data.items) } : data
  })

interface Action<V, R> {
  /** The request. */
  run: (values: V) => Promise<R>
  /** Actions with the same name run one after the other. */
  scope?: string
  /** What the page shows meanwhile; undone if the request fails. */
  patches?: (values: V) => Patch[]
  /** The sentence of the toast when it is done; none where the row itself shows it. */
  done?: (values: V, result: R) => ReactNode
  /** Reverses the change; the toast then offers it for 8 s. */
  undo?: (values: V, result: R) => Promise<unknown>
  /** Called after the request has succeeded. */
  onDone?: (result: R, values: V) => void
  /** Handles the error; true if nothing more is to be shown. */
  onError?: (error: ReturnType<typeof asApiError>, values: V) => boolean | undefined
}

/** A change with optimistic display, an error toast with retry, and undo. */
export function useAction<V = void, R = unknown>(action: Action<V, R>) {
  const cache = useQueryClient()
  const mutation = useMutation({
    mutationFn: action.run,
    ...(action.scope && { scope: { id: action.scope } }),
    onMutate: async values => {
      const saved: [QueryKey, unknown][] = []
      for (const { key, update } of action.patches?.(values) ?? []) {
        await cache.cancelQueries({ queryKey: key })
        for (const [found, data] of cache.getQueriesData({ queryKey: key })) {
          if (data === undefined) continue
          saved.push([found, data])
          cache.setQueryData(found, update(data as never))
        }
      }
      return saved
    },
    onError: (reason, values, saved) => {
      for (const [key, data] of saved ?? []) cache.setQueryData(key, data)
      const error = asApiError(reason)
      if (action.onError?.(error, values)) return
      toast.error(problemText(error), error.isTransient ? () => mutation.mutate(values) : undefined)
    },
    onSuccess: (result, values) => {
      const text = action.done?.(values, result)
      const { undo } = action
      if (text !== undefined) {
        toast.done(
          text,
          undo && (() => undo(values, result).catch(reason => toast.error(problemText(asApiError(reason))))),
        )
      }
      action.onDone?.(result, values)
    },
  })
  return mutation
}
