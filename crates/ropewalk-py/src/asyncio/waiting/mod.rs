//! Waiting for tasks: gather, task groups, time-outs, sleep.
//! Promise: one file for each; `calls`, `children` and `stock` are what they share.

mod awaiters;
mod callback;
mod calls;
mod children;
mod gather;
mod group;
mod group_block;
mod group_tasks;
pub(crate) mod module;
mod native;
mod registry;
mod shield;
mod sleep;
mod stock;
mod timeout;
mod wait;
mod wait_for;
