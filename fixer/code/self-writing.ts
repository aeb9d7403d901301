/** Signs that a driver may write its own code: reason to read the code of one that imports nothing of the catalogue. */
import type { Image } from '../pe/image.js';
import { isExecuteWrite, isInit } from '../pe/sections.js';
import { mayMoveToControl } from './control-register.js';

/** INIT is no sign: old linkers made it W+X in drivers that never write to it. */
export const mayWriteOwnCode = (image: Image): boolean =>
  image.sections.some((section) => isExecuteWrite(section) && !isInit(section)) || mayMoveToControl(image);
