; The installer for Windows: for one user, without an administrator's rights. /S installs silently, /D=FOLDER elsewhere.
; Refuses to remove anybody's data: uninstalling says where it is.
; Exit codes: 0 done, 1 cancelled, 2 not done, as while Muster runs.

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Muster"
!define RUN "Software\Microsoft\Windows\CurrentVersion\Run"
!define APPROVED "Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"

; Of 64 bits itself, as what it installs.
Target amd64-unicode
SetCompressor /SOLID lzma
; Both programs have most of their code in common: within this many MB it is found again.
SetCompressorDictSize 64
RequestExecutionLevel user
ManifestDPIAware true
Name "Muster"
OutFile "${INTO}"
InstallDir "$LOCALAPPDATA\Programs\Muster"
; An upgrade goes where the version before is.
InstallDirRegKey HKCU "${UNINSTALL}" "InstallLocation"
BrandingText "Muster ${VERSION}"

!include MUI2.nsh
!include LogicLib.nsh
!include x64.nsh
!include WinVer.nsh
!define MUI_ICON "..\..\icons\icon.ico"
!define MUI_UNICON "..\..\icons\icon.ico"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_RUN "$INSTDIR\muster.exe"
!define MUI_FINISHPAGE_RUN_TEXT "Start Muster"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Muster"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Muster's installer"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "CompanyName" "The Muster project"
VIAddVersionKey "LegalCopyright" "MIT or Apache-2.0"

; Windows keeps the file of a running program from being written.
!macro LookAt PROGRAM
  ${If} ${FileExists} "$INSTDIR\${PROGRAM}"
    ClearErrors
    FileOpen $0 "$INSTDIR\${PROGRAM}" a
    ${If} ${Errors}
      StrCpy $1 "${PROGRAM}"
    ${Else}
      FileClose $0
    ${EndIf}
  ${EndIf}
!macroend
!macro WaitUntilClosed UN
  Function ${UN}WaitUntilClosed
    again:
    StrCpy $1 ""
    !insertmacro LookAt muster.exe
    !insertmacro LookAt musterctl.exe
    ClearErrors
    ${If} $1 != ""
      MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$1 is running. Quit Muster, also in the tray, and end any musterctl; then try again." /SD IDCANCEL IDRETRY again
      SetErrorLevel 2
      Quit
    ${EndIf}
  FunctionEnd
!macroend
!insertmacro WaitUntilClosed ""
!insertmacro WaitUntilClosed "un."

Function .onInit
  ${IfNot} ${RunningX64}
  ${OrIfNot} ${AtLeastWin10}
    MessageBox MB_OK|MB_ICONSTOP "Muster needs Windows 10 or 11, 64-bit." /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
FunctionEnd

Section
  Call WaitUntilClosed
  SetOutPath "$INSTDIR"
  SetOverwrite on
  File "${STAGED}/muster.exe"
  File "${STAGED}/musterctl.exe"
  File "${STAGED}/WebView2Loader.dll"
  SetOutPath "$INSTDIR\docs"
  File "${STAGED}/docs/*"
  SetOutPath "$INSTDIR"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\Muster.lnk" "$INSTDIR\muster.exe" "" "" "" "" "" "VMware vCenters in one window, fast and offline"
  CreateShortcut "$SMPROGRAMS\Muster command line.lnk" "$SYSDIR\cmd.exe" '/k "set PATH=$INSTDIR;%PATH%"' "$INSTDIR\musterctl.exe" "" "" "" "A command prompt that finds musterctl"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Muster"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "The Muster project"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\muster.exe"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" ${KILOBYTES}
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  IfErrors 0 written
    MessageBox MB_OK|MB_ICONSTOP "Not everything could be written to $INSTDIR. Choose another folder." /SD IDOK
    SetErrorLevel 2
    Quit
  written:
SectionEnd

Section "Uninstall"
  Call un.WaitUntilClosed
  Delete "$INSTDIR\muster.exe"
  Delete "$INSTDIR\musterctl.exe"
  Delete "$INSTDIR\WebView2Loader.dll"
  Delete "$INSTDIR\docs\*"
  RMDir "$INSTDIR\docs"
  Delete "$INSTDIR\uninstall.exe"
  ; What somebody else put there stays.
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Muster.lnk"
  Delete "$SMPROGRAMS\Muster command line.lnk"
  DeleteRegKey HKCU "${UNINSTALL}"
  ; Muster's own setting to start at login.
  DeleteRegValue HKCU "${RUN}" "Muster"
  DeleteRegValue HKCU "${APPROVED}" "Muster"
  DetailPrint "Your data stays in $APPDATA\muster, and passwords in the Credential Manager."
  MessageBox MB_OK|MB_ICONINFORMATION "Muster was removed. Your data stays in $APPDATA\muster, and passwords in the Windows Credential Manager. Delete them there if you no longer need them." /SD IDOK
SectionEnd
