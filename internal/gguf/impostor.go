package gguf

import (
	"bytes"
	"encoding/binary"
)

// Impostor names what lies in place of a model's file, and what to do about it; what is empty for what it does not know. head
// is the beginning of the file.
func Impostor(head []byte) (what, remedy string) {
	const convert = "convert the model to GGUF, for instance by llama.cpp's convert_hf_to_gguf.py"
	text := bytes.ToLower(bytes.TrimLeft(head[:min(len(head), 512)], "\xef\xbb\xbf \t\r\n"))
	switch {
	case bytes.HasPrefix(head, []byte("version https://git-lfs.github.com/spec/")):
		return "a pointer of git-lfs, which stands for a file that was not fetched", "fetch it: git lfs pull"
	case bytes.HasPrefix(text, []byte("<!doctype html")), bytes.HasPrefix(text, []byte("<html")):
		return "a page of HTML, as a server sends in place of a file that it does not give",
			"download the file itself, signed in where that is needed"
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return "compressed by zstd", "decompress it: zstd -d"
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return "compressed by gzip", "decompress it: gunzip"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "a zip archive, as PyTorch writes too", convert + "; if a GGUF file is in it, unzip it"
	case isSafetensors(head):
		return "safetensors", convert
	case bytes.HasPrefix(head, []byte("ggml")), bytes.HasPrefix(head, []byte("lmgg")), bytes.HasPrefix(head, []byte("tjgg")),
		bytes.HasPrefix(head, []byte("fmgg")):
		return "of a format of llama.cpp's before GGUF", "download a current file of the model, or convert the original again"
	case bytes.HasPrefix(text, []byte("{")):
		return "JSON", "name the model's file, not its index or configuration"
	}
	return "", convert
}

// isSafetensors looks for the length of a header and the header, which is a JSON object.
func isSafetensors(head []byte) bool {
	if len(head) < 10 {
		return false
	}
	length := binary.LittleEndian.Uint64(head)
	return length > 1 && length < 100<<20 && head[8] == '{' && (head[9] == '"' || head[9] == '}' || head[9] == ' ')
}
