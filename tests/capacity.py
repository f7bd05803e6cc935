#!/usr/bin/env python3
"""Capacity a second time, from the rows that `musterctl inventory` prints, by the rules that administrators go by.

Refuses to know how Muster computes: it reads rows of FOLDER/<kind>.json and says where FOLDER/overview.json differs.
"""

import ipaddress
import json
import pathlib
import re
import sys

FOLDER = pathlib.Path(sys.argv[1])
KINDS = ["datacenters", "clusters", "hosts", "vms", "datastores", "networks", "snapshots"]


def load(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


def number(value):
    return value if value is not None else 0


# --- hosts ---------------------------------------------------------------------------------------------------------

def is_available(host):
    """Maintenance, standby and a lost connection leave a host without capacity."""
    return (
        host["connection_state"] == "connected"
        and host["power_state"] not in ("standBy", "poweredOff")
        and host["in_maintenance"] is not True
    )


def state_of(host):
    if host["connection_state"] in ("disconnected", "notResponding"):
        return "not_connected"
    if is_available(host):
        return "available"
    if host["power_state"] in ("standBy", "poweredOff") or host["connection_state"] != "connected":
        return "other"
    return "in_maintenance"


def clocks(hosts):
    """What each available host has and uses, where both are known."""
    sizes = []
    for host in hosts:
        cores, mhz, used = host["cpu_cores"], host["cpu_mhz_per_core"], host["cpu_usage_mhz"]
        if is_available(host) and None not in (cores, mhz, used):
            sizes.append((cores * mhz, used))
    return sizes


def memories(hosts):
    sizes = []
    for host in hosts:
        size, used = host["memory_bytes"], host["memory_usage_bytes"]
        if is_available(host) and None not in (size, used):
            sizes.append((size, used))
    return sizes


def failover_level(cluster):
    """Admission control first: without it HA keeps nothing free, and one host is the least that fails."""
    if cluster["ha_enabled"] is not True:
        return None
    if cluster["admission_control"] is False:
        return 1
    return max(1, number(cluster["failover_level"]), number(cluster["dedicated_failover_hosts"]))


def lost(cluster, hosts):
    """What goes with the largest hosts, CPU and memory apart: the fastest need not have the most memory."""
    level = failover_level(cluster)
    if level is None:
        return None
    largest = lambda sizes: sum(sorted((size for size, _ in sizes), reverse=True)[:level])
    return largest(clocks(hosts)), largest(memories(hosts))


# --- VMs -----------------------------------------------------------------------------------------------------------

def sort_of(vm):
    managed = (vm["managed_by"], vm["managed_type"])
    if vm["is_template"] is True:
        return "templates"
    if managed in (("com.vmware.vim.eam", "cluster-agent"), ("VirtualCenter", "vcls-entity")):
        return "agents"
    if (managed[0] or "").startswith("com.vmware.vcDr") and managed[1] == "placeholderVm":
        return "placeholders"
    return "vms"


# --- datastores ----------------------------------------------------------------------------------------------------

def is_vsan(datastore):
    return (datastore["type"] or "").lower().startswith("vsan")


def identities(datastores):
    """For each accessible datastore what makes it the same as another one, wherever that is seen."""
    shares = {}
    for one in datastores:
        if (one["type"] or "").upper().startswith("NFS") and one["remote_host"] and one["remote_path"]:
            host, path = one["remote_host"].lower().rstrip("."), one["remote_path"].rstrip("/")
            shares[id(one)] = (host, path, one["capacity_bytes"])
    full = {}
    for host, path, capacity in shares.values():
        try:
            ipaddress.ip_address(host)
        except ValueError:
            if "." in host:
                full.setdefault((host.split(".")[0], path, capacity), set()).add(host)
    found = {}
    for position, one in enumerate(datastores):
        url = one["url"] or ""
        volume = re.search(r"/vmfs/volumes/([^/]+)/?$", url)
        volume = volume.group(1).lower() if volume else None
        if is_vsan(one):
            pool = one["alias_of"] or one["container_id"] or volume
            pool = pool.lower().removeprefix("vsan:") if pool else None
            found[id(one)] = ("vsan", pool) if pool else ("own", position)
        elif id(one) in shares:
            host, path, capacity = shares[id(one)]
            names = full.get((host, path, capacity), set())
            found[id(one)] = ("nfs", next(iter(names)) if len(names) == 1 else host, path, capacity)
        elif volume and not (one["type"] or "").upper().startswith("NFS"):
            found[id(one)] = ("volume", volume)
        elif url:
            found[id(one)] = ("place", one["vcenter"], url)
        else:
            found[id(one)] = ("own", position)
    return found


def groups(datastores):
    accessible = [one for one in datastores if one["accessible"] is True]
    keys, by_key = identities(accessible), {}
    for one in accessible:
        by_key.setdefault(keys[id(one)], []).append(one)
    return by_key


def sizes(one):
    capacity, free = number(one["capacity_bytes"]), number(one["free_bytes"])
    return capacity, free, capacity - free + number(one["uncommitted_bytes"])


def counted(group, read_at):
    """The newest reading, and of readings of one age the one with the least free."""
    return max(map(lambda one: (read_at(one), -sizes(one)[1], sizes(one)[0], sizes(one)[2]), group))


def storage(datastores, read_at):
    sums = {False: [0, 0, 0], True: [0, 0, 0]}
    by_key = groups(datastores)
    for group in by_key.values():
        _, free, capacity, provisioned = counted(group, read_at)
        own = sums[is_vsan(group[0])]
        for place, size in enumerate((capacity, -free, provisioned)):
            own[place] += size
    keys = ("capacity_bytes", "free_bytes", "provisioned_bytes")
    return len(by_key), dict(zip(keys, sums[False])), dict(zip(keys, sums[True]))


# --- what is put together --------------------------------------------------------------------------------------------

def scope(clusters, hosts, vms, datastores, losses, read_at):
    """Counts and capacity of some part of the estate."""
    count, plain, vsan = storage(datastores, read_at)
    states = [state_of(host) for host in hosts]
    sorts = [sort_of(vm) for vm in vms]
    on = [vm for vm in vms if vm["power_state"] == "poweredOn"]
    # What runs on a host that its vCenter has lost takes no room on the others.
    placed = [vm for vm in on if vm["connection_state"] != "disconnected"]
    gone = sum(1 for one in datastores if one["accessible"] is not True)
    cpu, memory = clocks(hosts), memories(hosts)
    total_mhz, total_bytes = sum(size for size, _ in cpu), sum(size for size, _ in memory)
    losses = [one for one in losses if one is not None]
    return {
        "counts": {
            "clusters": clusters,
            "hosts": len(hosts),
            "hosts_available": states.count("available"),
            "hosts_in_maintenance": states.count("in_maintenance"),
            "hosts_not_connected": states.count("not_connected"),
            "vms": sorts.count("vms"),
            "vms_on": sum(1 for vm in on if sort_of(vm) == "vms"),
            "templates": sorts.count("templates"),
            "agents": sorts.count("agents"),
            "placeholders": sorts.count("placeholders"),
            "datastores": count + gone,
            "datastores_inaccessible": gone,
        },
        "capacity": {
            "cpu": {
                "total_mhz": total_mhz,
                "used_mhz": sum(used for _, used in cpu),
                "after_failover_mhz": total_mhz - sum(mhz for mhz, _ in losses) if losses else None,
                "reserved_mhz": sum(number(vm["cpu_reservation_mhz"]) for vm in placed),
                "cores": sum(number(host["cpu_cores"]) for host in hosts if is_available(host)),
                "vcpus": sum(number(vm["cpu_count"]) for vm in placed),
            },
            "memory": {
                "total_bytes": total_bytes,
                "used_bytes": sum(used for _, used in memory),
                "after_failover_bytes": total_bytes - sum(size for _, size in losses) if losses else None,
                "reserved_bytes": sum(number(vm["memory_reservation_bytes"]) for vm in placed),
                "configured_bytes": sum(number(vm["memory_bytes"]) for vm in placed),
            },
            "storage": plain,
            "vsan": vsan,
            "hosts_unmeasured": states.count("available") - min(len(cpu), len(memory)),
        },
    }


def within(rows, vcenter, **columns):
    return [
        row for row in rows
        if row["vcenter"] == vcenter and all(row[column] == value for column, value in columns.items())
    ]


def added_twice(vcenters, rows):
    """Entries that are a host which another entry, a vCenter, manages as well: vCenter by name of the host's entry."""
    def direct(entry):
        hosts = within(rows["hosts"], entry["name"])
        own = entry["instance_uuid"] or ""
        return len(hosts) == 1 and own and own.lower() == (hosts[0]["uuid"] or "").lower()

    found = {}
    for entry in filter(direct, vcenters):
        host = within(rows["hosts"], entry["name"])[0]
        if not host["managed_by_server"]:
            continue
        for other in vcenters:
            if other["id"] == entry["id"] or direct(other):
                continue
            for same in within(rows["hosts"], other["name"]):
                if (same["uuid"] or "").lower() != (host["uuid"] or "").lower():
                    continue
                own, others = set(number_free(host["nic_macs"])), set(number_free(same["nic_macs"]))
                shares_card = bool(own & others)
                by_server = same["managed_by_server"] == host["managed_by_server"]
                if shares_card if own and others else by_server:
                    found.setdefault(entry["name"], other["name"])
    return found


def number_free(macs):
    return [mac.lower() for mac in macs or []]


def expected():
    rows = {kind: load(kind) for kind in KINDS}
    vcenters = load("vcenters")
    read_at = lambda one: one["synced_at"] or ""
    twice = added_twice(vcenters, rows)
    all_losses, of_vcenters = [], []
    for name in (entry["name"] for entry in vcenters):
        losses = {}
        for cluster in within(rows["clusters"], name):
            losses[cluster["moref"]] = lost(cluster, within(rows["hosts"], name, cluster_moref=cluster["moref"]))
        if name not in twice:
            all_losses.extend(losses.values())
        datacenters = []
        for datacenter in within(rows["datacenters"], name):
            inside = dict(datacenter_moref=datacenter["moref"])
            clusters = []
            for cluster in within(rows["clusters"], name, **inside):
                own = dict(cluster_moref=cluster["moref"])
                mounted = [one for one in within(rows["datastores"], name)
                           if cluster["moref"] in (one["clusters_moref"] or []) and one["accessible"] is True]
                part = scope(0, within(rows["hosts"], name, **own), within(rows["vms"], name, **own), mounted,
                             [losses[cluster["moref"]]], read_at)
                part.update(name=cluster["name"], moref=cluster["moref"], failover_hosts=failover_level(cluster))
                clusters.append(part)
            part = scope(len(clusters), within(rows["hosts"], name, **inside), within(rows["vms"], name, **inside),
                         within(rows["datastores"], name, **inside),
                         [losses[cluster["moref"]] for cluster in clusters], read_at)
            part.update(name=datacenter["name"], moref=datacenter["moref"], clusters=clusters)
            datacenters.append(part)
        part = scope(len(losses), within(rows["hosts"], name), within(rows["vms"], name),
                     within(rows["datastores"], name), losses.values(), read_at)
        part.update(vcenter=name, counted_with=twice.get(name), datacenters=datacenters)
        of_vcenters.append(part)
    once = {kind: [row for row in rows[kind] if row["vcenter"] not in twice] for kind in KINDS}
    whole = scope(len(once["clusters"]), once["hosts"], once["vms"], once["datastores"], all_losses, read_at)
    totals = whole["counts"] | {
        "vcenters": len(vcenters),
        "datacenters": len(once["datacenters"]),
        "networks": len(once["networks"]),
        "snapshots": len(once["snapshots"]),
    }
    merged = sorted(
        sorted([one["vcenter"], one["name"], one["moref"]] for one in group)
        for group in groups(once["datastores"]).values() if len(group) > 1
    )
    return {"totals": totals, "capacity": whole["capacity"], "vcenters": of_vcenters, "merged": merged,
            "twice": sorted(twice.items())}


def differences(path, want, have, found):
    """Every value that is wanted and is another one; answers how many were compared."""
    if isinstance(want, dict):
        return sum(differences(f"{path}.{key}", value, (have or {}).get(key), found) for key, value in want.items())
    if isinstance(want, list) and want and isinstance(want[0], dict):
        by = lambda rows: {row.get("moref") or row.get("vcenter"): row for row in rows or []}
        have = by(have)
        if set(have) != set(by(want)):
            found.append(f"{path}: {sorted(have)} and not {sorted(by(want))}")
        return sum(differences(f"{path}[{key}]", row, have.get(key), found) for key, row in by(want).items())
    if want != have:
        found.append(f"{path}: Muster says {have}, the rows say {want}")
    return 1


def main():
    overview = load("overview")
    overview["merged"] = sorted(
        sorted([one["vcenter"], one["name"], one["moref"]] for one in merged["seen_as"])
        for merged in overview["merged_datastores"]
    )
    overview["twice"] = sorted([one["vcenter"], one["counted_with"]] for one in overview["hosts_counted_once"])
    want, found = expected(), []
    want["twice"] = [list(pair) for pair in want["twice"]]
    compared = differences("overview", want, overview, found)
    print("\n".join(found), end="\n" if found else "")
    print(f"{compared} values compared, {len(found)} differ; "
          f"{len(want['merged'])} datastores merged, {len(want['twice'])} hosts counted once")
    sys.exit(1 if found else 0)


main()
