# Makes the role and the account that Muster needs on a vCenter, with PowerCLI.
#
# The role has the three privileges of the built-in Read-only role and no other: Muster only reads. It is assigned on the root
# folder with propagation, so that it holds for everything below. Connect as an administrator before:
#   Connect-VIServer vcenter.example.com
$ErrorActionPreference = 'Stop'

$Account = 'muster@vsphere.local'
$Role = 'Muster'
$Name, $Domain = $Account -split '@', 2

# An account in the domain of the vCenter itself, with the module VMware.vSphere.SsoAdmin, to which you connect with
# Connect-SsoAdminServer. Leave this out for an account of your directory, or one that is there.
if ($Domain -eq 'vsphere.local' -and -not (Get-SsoPersonUser -Name $Name -Domain $Domain)) {
    $Password = Read-Host "Password for $Account" -AsSecureString
    New-SsoPersonUser -UserName $Name -Password ([System.Net.NetworkCredential]::new('', $Password).Password)
}

$Found = Get-VIRole -Name $Role -ErrorAction SilentlyContinue
if (-not $Found) {
    $Found = New-VIRole -Name $Role -Privilege (Get-VIPrivilege -Id System.Anonymous, System.Read, System.View)
}

# The root folder is the one folder without a parent. PowerCLI names accounts DOMAIN\name.
$Root = Get-Folder -NoRecursion
New-VIPermission -Entity $Root -Principal "$Domain\$Name" -Role $Found -Propagate:$true
