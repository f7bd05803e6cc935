; The installer for Windows: for one user, without an administrator's rights. /S installs silently, /D=FOLDER elsewhere.
; Refuses to remove anybody's data: uninstalling says where it is.
; Exit codes: 0 done, 1 cancelled, 2 not done, as while Muster runs. An uninstaller goes on from a copy of itself, and its code is lost:
; a script starts it as "FOLDER\uninstall.exe" /S _?=FOLDER

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
!ifdef SIGN
  !uninstfinalize '"${SIGN}" "%1"' = 0
!endif

!include MUI2.nsh
!include LogicLib.nsh
!include WordFunc.nsh
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

; Says why nothing is done, and ends.
!macro Refuse WHY
  MessageBox MB_OK|MB_ICONSTOP "${WHY}" /SD IDOK
  SetErrorLevel 2
  Quit
!macroend
!define Refuse "!insertmacro Refuse"

; Windows keeps the file of a running program from being written.
!macro LookAt PROGRAM
  ${If} ${FileExists} "$2\${PROGRAM}"
    ClearErrors
    FileOpen $0 "$2\${PROGRAM}" a
    ${If} ${Errors}
      StrCpy $1 "$2\${PROGRAM}"
    ${Else}
      FileClose $0
    ${EndIf}
  ${EndIf}
!macroend
; Of the folder in $2.
!macro WaitUntilClosed UN
  Function ${UN}WaitUntilClosed
    again:
    StrCpy $1 ""
    !insertmacro LookAt muster.exe
    !insertmacro LookAt musterctl.exe
    !insertmacro LookAt WebView2Loader.dll
    ClearErrors
    ${If} $1 != ""
      MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$1 is running, or can't be written. Quit Muster, also in the tray, and end any musterctl; then try again." /SD IDCANCEL IDRETRY again
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
    ${Refuse} "Muster needs Windows 10 or 11, 64-bit."
  ${EndIf}
FunctionEnd

Section
  StrCpy $2 "$INSTDIR"
  Call WaitUntilClosed
  ; A version before that is in another folder goes: nothing would list it any more.
  ReadRegStr $2 HKCU "${UNINSTALL}" "InstallLocation"
  ${If} $2 != ""
  ${AndIf} $2 != "$INSTDIR"
  ${AndIf} ${FileExists} "$2\uninstall.exe"
    Call WaitUntilClosed
    ReadRegStr $3 HKCU "${RUN}" "Muster"
    ExecWait '"$2\uninstall.exe" /S _?=$2' $0
    ${If} $0 != 0
      ${Refuse} "The version before, in $2, could not be removed. Remove it, and start this again."
    ${EndIf}
    Delete "$2\uninstall.exe"
    RMDir "$2"
    ${If} $3 != ""
      ${WordReplace} "$3" "$2\muster.exe" "$INSTDIR\muster.exe" "+" $3
      WriteRegStr HKCU "${RUN}" "Muster" "$3"
    ${EndIf}
  ${EndIf}
  ClearErrors
  SetOutPath "$INSTDIR"
  SetOverwrite on
  File "${STAGED}/muster.exe"
  File "${STAGED}/musterctl.exe"
  File "${STAGED}/WebView2Loader.dll"
  SetOutPath "$INSTDIR\docs"
  File "${STAGED}/docs/*"
  SetOutPath "$INSTDIR"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  ${If} ${Errors}
    ${Refuse} "Not everything could be written to $INSTDIR. Start this again, with another folder if need be."
  ${EndIf}
  CreateShortcut "$SMPROGRAMS\Muster.lnk" "$INSTDIR\muster.exe" "" "" "" "" "" "VMware vCenters in one window, fast and offline"
  CreateShortcut "$SMPROGRAMS\Muster command line.lnk" "$SYSDIR\cmd.exe" '/k set "PATH=$INSTDIR;%PATH%"' "$INSTDIR\musterctl.exe" "" "" "" "A command prompt that finds musterctl"
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
SectionEnd

Section "Uninstall"
  StrCpy $2 "$INSTDIR"
  Call un.WaitUntilClosed
  ; What was installed, file by file: what somebody else put there stays.
  !include "${REMOVED}"
  Delete "$INSTDIR\muster.exe"
  Delete "$INSTDIR\musterctl.exe"
  Delete "$INSTDIR\WebView2Loader.dll"
  ${If} ${Errors}
    ${Refuse} "Not everything could be removed from $INSTDIR: a file there is open elsewhere. Close it, and try again."
  ${EndIf}
  RMDir "$INSTDIR\docs"
  Delete "$INSTDIR\uninstall.exe"
  Delete "$SMPROGRAMS\Muster.lnk"
  Delete "$SMPROGRAMS\Muster command line.lnk"
  DeleteRegKey HKCU "${UNINSTALL}"
  ; Muster's own setting to start at login, unless it is that of another copy.
  ReadRegStr $0 HKCU "${RUN}" "Muster"
  StrLen $1 '"$INSTDIR\muster.exe"'
  StrCpy $0 $0 $1
  ${If} $0 == '"$INSTDIR\muster.exe"'
    DeleteRegValue HKCU "${RUN}" "Muster"
    DeleteRegValue HKCU "${APPROVED}" "Muster"
  ${EndIf}
  StrCpy $1 "$APPDATA\muster"
  ${If} ${FileExists} "$INSTDIR\portable"
    StrCpy $1 "$INSTDIR\data"
  ${EndIf}
  RMDir "$INSTDIR"
  DetailPrint "Your data stays in $1, and passwords in the Credential Manager."
  MessageBox MB_OK|MB_ICONINFORMATION "Muster was removed. Your data stays in $1, and passwords in the Windows Credential Manager. Delete them there if you no longer need them." /SD IDOK
SectionEnd
