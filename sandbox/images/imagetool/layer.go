package main

import (
	"archive/tar"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/klauspost/compress/gzip"
)

// layerRequest names a tree and the file that becomes its layer.
type layerRequest struct {
	Source string `json:"source"`
	Output string `json:"output"`
	// Below are the trees of the layers this one stands on.
	Below []string `json:"below"`
	// BuiltAfter and Epoch are Unix seconds. What was changed at or after BuiltAfter gets the time Epoch, in the archive and on disk:
	// on disk too, because a later layer's overlay copies directories up from this tree together with their times. Older times come out
	// of packages; they repeat, and Python checks its compiled files against them.
	BuiltAfter int64 `json:"builtAfter"`
	Epoch      int64 `json:"epoch"`
}

type layerAnswer struct {
	Digest string `json:"digest"`
	DiffID string `json:"diffId"`
	Size   int64  `json:"size"`
}

func layer(request *json.Decoder) (any, error) {
	var wanted layerRequest
	if err := request.Decode(&wanted); err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	output, err := os.Create(wanted.Output)
	if err != nil {
		return nil, err
	}
	defer output.Close()

	compressed := &countingHash{hash: sha256.New()}
	buffered := bufio.NewWriterSize(io.MultiWriter(output, compressed), 1<<20)
	packed := gzip.NewWriter(buffered)
	plain := &countingHash{hash: sha256.New()}
	archive := tar.NewWriter(io.MultiWriter(packed, plain))

	writer := layerWriter{archive: archive, request: wanted, firstNames: map[inode]string{}}
	if err := writer.tree(); err != nil {
		return nil, err
	}
	for _, finish := range []func() error{archive.Close, packed.Close, buffered.Flush, output.Sync} {
		if err := finish(); err != nil {
			return nil, fmt.Errorf("%s: %w", wanted.Output, err)
		}
	}
	return layerAnswer{Digest: compressed.digest(), DiffID: plain.digest(), Size: compressed.count}, nil
}

type inode struct{ device, number uint64 }

type layerWriter struct {
	archive *tar.Writer
	request layerRequest
	// firstNames holds where an inode with several names was archived; its other names become hard links to that.
	firstNames map[inode]string
}

// tree archives every entry below the source in lexical order, which filepath.WalkDir guarantees. The source itself is left out: a layer
// has no business with the owner and mode of the root directory.
func (w *layerWriter) tree() error {
	return filepath.WalkDir(w.request.Source, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(w.request.Source, path)
		if err != nil || name == "." {
			return err
		}
		if err := w.entry(path, name); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	})
}

func (w *layerWriter) entry(path, name string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	status, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.New("no owner known for it")
	}
	if info.Mode()&fs.ModeCharDevice != 0 && status.Rdev == 0 {
		return w.empty(filepath.Join(filepath.Dir(name), ".wh."+filepath.Base(name)))
	}
	target := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		if target, err = os.Readlink(path); err != nil {
			return err
		}
	} else if !info.Mode().IsRegular() && !info.IsDir() {
		return fmt.Errorf("is %s; a layer takes files, directories and symbolic links", info.Mode().Type())
	}
	header, err := tar.FileInfoHeader(info, target)
	if err != nil {
		return err
	}
	header.Name = name
	if info.IsDir() {
		header.Name += "/"
	}
	header.Uname, header.Gname = "", ""
	header.AccessTime, header.ChangeTime = time.Time{}, time.Time{}
	if header.ModTime, err = w.settledTime(path, info); err != nil {
		return err
	}
	if header.PAXRecords, err = capabilities(path, info); err != nil {
		return err
	}
	if status.Nlink > 1 && info.Mode().IsRegular() {
		identity := inode{uint64(status.Dev), status.Ino}
		if first, known := w.firstNames[identity]; known {
			header.Typeflag, header.Linkname, header.Size = tar.TypeLink, first, 0
			return w.archive.WriteHeader(header)
		}
		w.firstNames[identity] = name
	}
	if err := w.archive.WriteHeader(header); err != nil {
		return err
	}
	if info.Mode().IsRegular() {
		return w.content(path)
	}
	// overlayfs marks every new directory as hiding what is below; the layer says so only where there is something.
	if info.IsDir() && isOpaque(path) && w.isBelow(name) {
		return w.empty(filepath.Join(name, ".wh..wh..opq"))
	}
	return nil
}

func (w *layerWriter) isBelow(name string) bool {
	for _, tree := range w.request.Below {
		if _, err := os.Lstat(filepath.Join(tree, name)); err == nil {
			return true
		}
	}
	return false
}

// settledTime is an entry's time in whole seconds, as the request wants it, and makes the entry on disk agree.
func (w *layerWriter) settledTime(path string, info fs.FileInfo) (time.Time, error) {
	seconds := info.ModTime().Unix()
	if seconds < w.request.BuiltAfter {
		return time.Unix(seconds, 0), nil
	}
	settled := time.Unix(w.request.Epoch, 0)
	return settled, setTime(path, settled)
}

func (w *layerWriter) content(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(w.archive, file)
	return err
}

// empty writes one of the marker files by which a layer says that something below it is gone.
func (w *layerWriter) empty(name string) error {
	return w.archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600, ModTime: time.Unix(w.request.Epoch, 0)})
}

type countingHash struct {
	hash interface {
		io.Writer
		Sum([]byte) []byte
	}
	count int64
}

func (c *countingHash) Write(chunk []byte) (int, error) {
	c.count += int64(len(chunk))
	return c.hash.Write(chunk)
}

func (c *countingHash) digest() string {
	return "sha256:" + hex.EncodeToString(c.hash.Sum(nil))
}
