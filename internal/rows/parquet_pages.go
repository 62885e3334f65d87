package rows

import (
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	longestHeader = 1 << 20   // of a page: statistics with two long texts at most
	largestPage   = 256 << 20 // unpacked; writers aim at one MiB, and some put a whole column of a row group into one
	mostValues    = 16 << 20  // of a page; a million is the most that common writers put into a row group
)

// checkPages refuses pages that claim to be larger than the file has room for, or than is read: the library makes room for what
// a page's header claims before it looks at the page.
func checkPages(f *parquet.File, file io.ReaderAt, size int64) error {
	for _, group := range f.Metadata().RowGroups {
		for _, column := range group.Columns {
			m := &column.MetaData
			start := m.DataPageOffset
			if m.DictionaryPageOffset != 0 {
				start = m.DictionaryPageOffset
			}
			name := strings.Join(m.PathInSchema, ".")
			if start < 0 || m.TotalCompressedSize < 0 || start > size || m.TotalCompressedSize > size-start {
				return fmt.Errorf("column %q claims %d bytes from byte %d on, and the file has %d", name, m.TotalCompressedSize,
					start, size)
			}
			if err := checkColumn(file, start, start+m.TotalCompressedSize); err != nil {
				return fmt.Errorf("column %q: %w", name, err)
			}
		}
	}
	return nil
}

// checkColumn goes from page to page by their headers.
func checkColumn(file io.ReaderAt, at, end int64) error {
	window := make([]byte, 0, 1<<10)
	for at < end {
		header, length, err := pageHeader(file, at, end, window)
		if err != nil {
			return fmt.Errorf("the header of the page at byte %d cannot be read: %w", at, err)
		}
		left := end - at - int64(length)
		switch packed, unpacked := int64(header.CompressedPageSize), header.UncompressedPageSize; {
		case packed < 0 || packed > left:
			return fmt.Errorf("the page at byte %d claims %d bytes, and %d are left of the column", at, packed, left)
		case unpacked < 0 || unpacked > largestPage:
			return fmt.Errorf("the page at byte %d claims %d bytes unpacked; up to %d are read", at, unpacked, largestPage)
		}
		if n := valuesOf(header); n > mostValues {
			return fmt.Errorf("the page at byte %d claims %d values; up to %d are read", at, n, mostValues)
		}
		at += int64(length) + int64(header.CompressedPageSize)
	}
	return nil
}

// pageHeader reads the header at a byte, from as much of the file as it takes.
func pageHeader(file io.ReaderAt, at, end int64, window []byte) (*format.PageHeader, int, error) {
	for size := int64(cap(window)); ; size = longestHeader {
		size = min(size, end-at, longestHeader)
		if int64(cap(window)) < size {
			window = make([]byte, size)
		}
		n, err := file.ReadAt(window[:size], at)
		if int64(n) < size {
			return nil, 0, err
		}
		in := new(thrift.CompactProtocol).NewReaderFromBytes(window[:size])
		header := new(format.PageHeader)
		if err = thrift.NewDecoder(in).Decode(header); err == nil {
			return header, in.BytesRead(), nil
		}
		if size == end-at || size == longestHeader {
			return nil, 0, err
		}
	}
}

func valuesOf(h *format.PageHeader) int32 {
	var n int32
	if h.DataPageHeader.Valid {
		n = max(n, h.DataPageHeader.V.NumValues)
	}
	if h.DictionaryPageHeader.Valid {
		n = max(n, h.DictionaryPageHeader.V.NumValues)
	}
	if h.DataPageHeaderV2.Valid {
		n = max(n, h.DataPageHeaderV2.V.NumValues, h.DataPageHeaderV2.V.NumRows, h.DataPageHeaderV2.V.NumNulls)
	}
	return n
}
