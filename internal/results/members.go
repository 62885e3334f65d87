package results

import (
	"bytes"
	"encoding/json"

	"sdmap/internal/jsonpull"
)

// object calls each for every member of the object that comes next, if it is one; what else there is is passed over.
func object(r *jsonpull.Reader, each func(name string) error) error {
	if r.Next() != '{' {
		return r.Skip()
	}
	return r.Object(each)
}

// array is the same of a list.
func array(r *jsonpull.Reader, each func(i int) error) error {
	if r.Next() != '[' {
		return r.Skip()
	}
	return r.Array(each)
}

// texts reads some members of an object.
func texts(r *jsonpull.Reader, into map[string]*string) error {
	return object(r, func(name string) (err error) {
		if to := into[name]; to != nil {
			*to, err = r.Text(longestName)
		}
		return err
	})
}

// written is the next value as it is written, without the white space that one writer sets and another does not.
func written(r *jsonpull.Reader) (string, error) {
	raw, err := r.Raw(longestText)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	if json.Compact(&out, raw) != nil { // NaN, which Python writes
		return string(raw), nil
	}
	return out.String(), nil
}
