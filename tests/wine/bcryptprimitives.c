// Stands in for a library of Windows 10 that Debian's Wine lacks: the one function of it that Rust's standard library calls.
// Refuses to leave the tests: on Windows the system's own is found.
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE into, SIZE_T length) {
    return SystemFunction036(into, (ULONG)length);
}
