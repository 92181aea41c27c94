package io.sotto.scheduler.model;

/** A machine: starts one process after the other, each with these roles. */
record Host(String name, boolean schedules, boolean transcribes, boolean prepares) {}
