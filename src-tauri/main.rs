//! The binary `muster`: the desktop window.
//! Refuses to hold anything but the call; what it does is in the library, where tests reach it.

// A release build on Windows would open a console behind the window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

// Overwrites what is freed: a password leaves no copy behind in this process's memory.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    muster_desktop::run()
}
