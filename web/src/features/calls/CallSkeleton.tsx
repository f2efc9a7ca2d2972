import { SkeletonRows } from '#shared/components/states'

export const CallSkeleton = () => (
  <>
    <SkeletonRows count={1} height={60} />
    <SkeletonRows count={1} height={143} />
    <SkeletonRows count={6} height={66} />
  </>
)
