package main

import (
	"errors"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"
)

// isOpaque says whether the overlay hides what lower trees have in this directory.
func isOpaque(path string) bool {
	value := make([]byte, 1)
	size, err := unix.Lgetxattr(path, "trusted.overlay.opaque", value)
	return err == nil && size == 1 && value[0] == 'y'
}

// capabilities returns the one extended attribute that an image keeps: without it ping and its like would need root.
func capabilities(path string, info fs.FileInfo) (map[string]string, error) {
	if !info.Mode().IsRegular() {
		return nil, nil
	}
	value := make([]byte, 256)
	size, err := unix.Lgetxattr(path, "security.capability", value)
	if errors.Is(err, unix.ENODATA) || errors.Is(err, unix.ENOTSUP) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return map[string]string{"SCHILY.xattr.security.capability": string(value[:size])}, nil
}

// setTime sets an entry's own modification time, also that of a symbolic link.
func setTime(path string, moment time.Time) error {
	stamp := unix.NsecToTimespec(moment.UnixNano())
	return unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{stamp, stamp}, unix.AT_SYMLINK_NOFOLLOW)
}
