# A Windows of one's own in a folder, by Wine: ./dev and packaging/try read this.
# Refuses to share one: what a test stores in it is in nobody else's.

# wine FOLDER PROGRAM ARGUMENTS: one of Wine's own programs, on the Windows of that folder.
wine() {
  # Names of files are in UTF-8.
  env WINEPREFIX="$1" WINEDEBUG=-all LC_ALL=C.UTF-8 "/usr/lib/wine/$2" "${@:3}" </dev/null 2>/dev/null
}

# wine_is_set_up FOLDER: a new one. Its server is started before all: what a test starts first would keep its output open.
# Each line says that the one before it went well: where this is called, a failure may end nothing by itself.
wine_is_set_up() {
  wine_has_ended "$1"
  rm -rf "$1" &&
    mkdir -p "$1" &&
    wine "$1" wineserver64 -p >/dev/null &&
    wine "$1" wine64 wineboot --init >/dev/null &&
    # Else it says to be Windows 7.
    wine "$1" wine64 winecfg /v win10 >/dev/null &&
    # Debian's Wine is older than this part of Windows, which Rust's standard library asks for random numbers.
    x86_64-w64-mingw32-gcc -shared -o "$1/drive_c/windows/system32/bcryptprimitives.dll" \
      tests/wine/bcryptprimitives.c -ladvapi32
}

wine_has_ended() {
  [[ ! -d $1 ]] || wine "$1" wineserver64 -k || true
}
