export { LinkRotation, type LinkRotationProps } from './link-rotation';
export { LinkRotationFunction, type LinkRotationFunctionProps } from './link-rotation-function';
export type { AlarmThresholds } from './monitoring';
export type { RotationNetwork } from './network';
export type { LinkTarget, RotationOptions } from './rotation-options';
export { RotationSource } from './source';
