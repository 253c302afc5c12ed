import { ApplicationFailure } from '@temporalio/common';
import type { Progress, Traffic } from '../../model/delivery.js';
import { MINUTE, SECOND, type Millis } from '../../model/duration.js';
import { FAILURE } from '../../model/failure.js';
import type { Looking } from './look.js';

/** How long weights that somebody else moved may take to come back before the deployment is stopped. */
const RETURN_WITHIN = MINUTE;
const RECHECK = 5 * SECOND;

type Observe = (traffic: Traffic) => Promise<Progress>;

/** The failure that says that somebody else moved the traffic; undefined when it is as wanted or could not be seen. */
async function moved(traffic: Traffic, observe: Observe, on: Looking): Promise<ApplicationFailure | undefined> {
  try {
    await on.whileAlive(observe(traffic));
    return undefined;
  } catch (error) {
    on.cancelled.throwIfAborted();
    if (error instanceof ApplicationFailure && error.type === FAILURE.changedByOthers) return error;
    // What AWS did not answer is no reason to doubt the window: the next one's look comes soon.
    on.warn(`The traffic's weights could not be read: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/**
 * Reads the rules at a window's end (ecs-alb-facts §18): a window in which the weights were not the wanted ones cannot count.
 * @returns why the window is spoiled, or undefined
 * @throws ApplicationFailure of FAILURE.changedByOthers when the weights do not come back
 */
export async function trafficMoved(
  traffic: Traffic,
  interval: Millis,
  observe: Observe,
  on: Looking,
): Promise<string | undefined> {
  let failure = await moved(traffic, observe, on);
  if (!failure) return undefined;
  const spoiled = `The traffic was not as this deployment set it. ${failure.message}`;
  on.warn(spoiled);
  const within = Math.min(RETURN_WITHIN, interval);
  const endAt = on.clock.now() + within;
  while (on.clock.now() < endAt) {
    await on.waitUntil(Math.min(endAt, on.clock.now() + Math.min(RECHECK, within / 2)), spoiled);
    failure = await moved(traffic, observe, on);
    if (!failure) return spoiled;
  }
  throw failure;
}
