#!/bin/sh
# Makes the role and the account that Muster needs on a vCenter, with govc (https://github.com/vmware/govmomi).
#
# The role has the three privileges of the built-in Read-only role and no other: Muster only reads. It is assigned on the root
# folder with propagation, so that it holds for everything below. Set GOVC_URL, GOVC_USERNAME and GOVC_PASSWORD to an
# administrator's before.
set -eu

ACCOUNT='muster@vsphere.local'
ROLE='Muster'

# An account in the domain of the vCenter itself. Leave this out for an account of your directory, or one that is there. govc
# takes the password as an argument, which others on this machine may see for a moment.
if [ "${ACCOUNT#*@}" = vsphere.local ] && ! govc sso.user.id "${ACCOUNT%@*}" >/dev/null 2>&1; then
    printf 'Password for %s: ' "$ACCOUNT" >&2
    stty -echo
    read -r PASSWORD
    stty echo
    echo >&2
    govc sso.user.create -p "$PASSWORD" "${ACCOUNT%@*}"
fi

govc role.ls "$ROLE" >/dev/null 2>&1 || govc role.create "$ROLE" System.Anonymous System.Read System.View
govc permissions.set -principal "$ACCOUNT" -role "$ROLE" -propagate=true /
govc permissions.ls /
