package rows

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// deepestFooter bounds how far tables of a footer are nested; the format's own nest six deep.
const deepestFooter = 32

// checkFooter refuses a footer that claims more than the file holds: the library makes room for what is claimed before it reads,
// and a program that runs out of memory cannot say why.
func checkFooter(file io.ReaderAt, size int64) error {
	const ending = 8 // the footer's length and the magic
	if size < 2*ending {
		return errors.New("it is too short")
	}
	var end [ending]byte
	if _, err := file.ReadAt(end[:], size-ending); err != nil {
		return err
	}
	length := int64(binary.LittleEndian.Uint32(end[:4]))
	if length > size-ending {
		return fmt.Errorf("it says that its footer is of %d bytes, and the file has %d", length, size)
	}
	footer := make([]byte, length)
	if _, err := file.ReadAt(footer, size-ending-length); err != nil {
		return err
	}
	return (&compact{rest: footer}).structure(0)
}

// compact passes over values of Thrift's compact protocol and holds their lengths to what is there.
type compact struct{ rest []byte }

var errFooterShort = errors.New("its footer ends too early")

// Types of the protocol.
const (
	typeTrue = iota + 1
	typeFalse
	typeByte
	typeInt16
	typeInt32
	typeInt64
	typeDouble
	typeBinary
	typeList
	typeSet
	typeMap
	typeStruct
)

func (c *compact) take(n uint64) ([]byte, error) {
	if n > uint64(len(c.rest)) {
		return nil, errFooterShort
	}
	taken := c.rest[:n]
	c.rest = c.rest[n:]
	return taken, nil
}

func (c *compact) varint() (uint64, error) {
	v, n := binary.Uvarint(c.rest)
	if n <= 0 {
		return 0, errFooterShort
	}
	c.rest = c.rest[n:]
	return v, nil
}

// structure passes over fields up to the stop behind the last.
func (c *compact) structure(depth int) error {
	for {
		head, err := c.take(1)
		if err != nil || head[0] == 0 {
			return err
		}
		if head[0]>>4 == 0 { // the field's number follows
			if _, err := c.varint(); err != nil {
				return err
			}
		}
		kind := head[0] & 15
		if kind == typeTrue || kind == typeFalse {
			continue // the value of a field is in its type
		}
		if err := c.value(kind, depth+1); err != nil {
			return err
		}
	}
}

func (c *compact) value(kind byte, depth int) error {
	if depth > deepestFooter {
		return fmt.Errorf("its footer is nested deeper than %d", deepestFooter)
	}
	switch kind {
	case typeTrue, typeFalse, typeByte:
		_, err := c.take(1)
		return err
	case typeInt16, typeInt32, typeInt64:
		_, err := c.varint()
		return err
	case typeDouble:
		_, err := c.take(8)
		return err
	case typeBinary:
		n, err := c.varint()
		if err == nil {
			_, err = c.take(n)
		}
		return err
	case typeList, typeSet:
		return c.list(depth)
	case typeStruct:
		return c.structure(depth)
	}
	return fmt.Errorf("its footer holds a value of unknown type %d", kind)
}

// list passes over as many elements as are claimed, each of which takes a byte at least.
func (c *compact) list(depth int) error {
	head, err := c.take(1)
	if err != nil {
		return err
	}
	n := uint64(head[0] >> 4)
	if n == 15 {
		if n, err = c.varint(); err != nil {
			return err
		}
	}
	if n > uint64(len(c.rest)) {
		return fmt.Errorf("its footer claims a list of %d, and %d bytes are left", n, len(c.rest))
	}
	for range n {
		if err := c.value(head[0]&15, depth+1); err != nil {
			return err
		}
	}
	return nil
}
