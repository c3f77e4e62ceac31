"""Which mounts are local disks."""

from pathlib import Path

from hullwatch.targets.mounts import left_out, parse_mountinfo

MOUNTINFO = """\
1 0 254:0 / / rw - ext4 /dev/vda rw
2 1 0:5 / /proc rw - proc proc rw
3 2 0:6 / /proc/sys/fs/binfmt_misc rw - autofs systemd-1 rw
4 1 254:16 / /srv rw - xfs /dev/vdb rw
5 1 254:16 /www /var/www rw - xfs /dev/vdb rw
6 1 254:0 /self /self rw - ext4 /dev/vda rw
7 1 0:7 / /mnt/a\\040b rw - nfs4 server:/x rw
8 1 8:1 / /media/stick rw - vfat /dev/sda1 rw
9 1 0:8 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw
10 1 0:9 / /home/me/remote rw - fuse.sshfs me@server: rw
11 1 0:10 net:[1] /run/netns/x rw - nsfs nsfs rw
12 1 0:11 /@ /btrfs rw - btrfs /dev/vdc rw
13 1 0:11 /@home /btrfs/home rw - btrfs /dev/vdc rw
14 1 0:12 / /over rw - tmpfs tmpfs rw
15 1 254:32 / /over rw - ext4 /dev/vdd rw
damaged
"""


def test_network_removable_and_made_up_file_systems_are_left_out_each_named_once(tmp_path: Path) -> None:
    """Those below one that is left out are not named; a later mount at the same place hides the earlier."""
    stick = tmp_path / "devices/sda/sda1"
    stick.mkdir(parents=True)
    (tmp_path / "devices/sda/removable").write_text("1\n")
    (tmp_path / "dev/block").mkdir(parents=True)
    (tmp_path / "dev/block/8:1").symlink_to(stick)

    assert {each.path: each.why for each in left_out(parse_mountinfo(MOUNTINFO), tmp_path)} == {
        "home/me/remote": "a network file system (fuse.sshfs)",
        "media/stick": "a removable disk",
        "mnt/a b": "a network file system (nfs4)",
        "proc": "no file system on a disk (proc)",
        "var/lib/docker/overlay2/x/merged": "a container's file system",
        "var/www": "shows again what is read elsewhere",
    }
