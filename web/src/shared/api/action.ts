import { i18n } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query'
import { toast } from '../components/toasts'
import { ifStill, requestOf, whenChanged } from './client'
import { type ApiError, asApiError } from './errors'
import { type Patch, showPatches } from './optimistic'
import { problemText } from './problem-text'

export const patch = <D>(key: QueryKey, update: (data: D) => D): Patch => ({ key, update }) as unknown as Patch

interface Items<T> {
  items: T[]
}

/** A cached list: the response of `apiQuery`, or the pages of `apiPages`. The keys of both start with the same path. */
type List<T> = Partial<Items<T>> & { pages?: Items<T>[] }

/** Patches the items of every cached list whose key starts with this key. */
export const patchItems = <T>(key: QueryKey, update: (items: T[]) => T[]): Patch =>
  patch<List<T>>(key, data => {
    if (data.pages) return { ...data, pages: data.pages.map(page => ({ ...page, items: update(page.items) })) }
    return data.items ? { ...data, items: update(data.items) } : data
  })

interface Failure {
  /** Says what was not done, such as «המשימה לא נוספה». */
  failed: string
  /** Says what may have been done, such as «לא ידוע אם המשימה נוספה»; used if the response was lost. */
  unknown: string
}

interface Action<V, R> {
  run: (values: V) => Promise<R>
  /** Actions with the same scope run one at a time. */
  scope?: string
  /** The optimistic updates; removed if the request fails. The patched data is fetched again afterwards. */
  patches?: (values: V) => Patch[]
  /** The text of the toast after a success; absent or undefined if the row itself shows the result. */
  done?: (values: V, result: R) => string | undefined
  /**
   * Reverses the change. If present, the toast of `done` has an undo button. With `headers`, the request fails with the
   * code `changed` if the item is no longer as in `result`, for example because another user has changed it.
   */
  undo?: (values: V, result: R, headers: Record<string, string>) => Promise<unknown>
  /** The action itself cancels something, so the button of `undo` says «להחזיר»: «ביטול» would mean both. */
  isCancellation?: true
  /** The toast of a failure begins with one of these texts. */
  what?: (values: V) => Failure
  onDone?: (result: R, values: V) => void
  /** Handles the error. Returns true if no toast is needed. */
  onError?: (error: ApiError, values: V) => boolean | undefined
}

const showFailure = (error: ApiError, retry: () => void, what?: Failure) =>
  toast.error(
    what === undefined ? problemText(error) : `${error.mayBeDone ? what.unknown : what.failed}. ${problemText(error)}`,
    error.isTransient ? retry : undefined,
    {
      isOutage: error.isOutage,
      request: requestOf(error),
    },
  )

whenChanged(toast.endRetry)

export function useAction<V = void, R = unknown>(action: Action<V, R>) {
  const cache = useQueryClient()
  const mutation = useMutation({
    mutationFn: action.run,
    ...(action.scope && { scope: { id: action.scope } }),
    onMutate: values => showPatches(cache, action.patches?.(values) ?? []),
    onError: (reason, values, shown) => {
      shown?.remove()
      shown?.end()
      const error = asApiError(reason)
      if (action.onError?.(error, values)) return
      showFailure(error, () => mutation.mutate(values), action.what?.(values))
    },
    onSuccess: (result, values, shown) => {
      const text = action.done?.(values, result)
      const { undo } = action
      if (text !== undefined) {
        const reverse = (): Promise<unknown> =>
          Promise.resolve(undo?.(values, result, ifStill(result))).catch(reason => {
            const error = asApiError(reason)
            if (error.code === 'changed') toast.error(i18n._(msg`מישהו שינה את זה בינתיים, ולכן הפעולה לא בוטלה.`))
            else showFailure(error, reverse)
          })
        toast.done(text, undo && reverse, { isRestore: action.isCancellation ?? false })
      }
      action.onDone?.(result, values)
      // Called right after `onDone`: if both fetch the same data again, it is requested only once, because the second
      // fetch cancels the first one before it is sent.
      shown.end()
    },
  })
  return mutation
}
