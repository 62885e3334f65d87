package bibtex

// accents are commands that put a mark on the letter behind them, as combining characters.
var accents = map[string]string{
	"'": "\u0301", "`": "\u0300", "^": "\u0302", `"`: "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
	"u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328", "r": "\u030a", "d": "\u0323", "b": "\u0331",
	"t": "\u0361",
}

// spacing are marks that stand alone.
var spacing = map[string]string{"\u0301": "´", "\u0300": "`", "\u0302": "^", "\u0308": "¨", "\u0303": "~", "\u0304": "¯",
	"\u030a": "°"}

// symbols are commands that stand for characters.
var symbols = map[string]string{
	"ss": "ß", "SS": "SS", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "aa": "å", "AA": "Å", "ae": "æ", "AE": "Æ", "oe": "œ",
	"OE": "Œ",
	"i":  "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "ng": "ŋ", "NG": "Ŋ", "dj": "đ", "DJ": "Đ",
	"&": "&", "%": "%", "_": "_", "#": "#", "$": "$", "{": "{", "}": "}", `\`: " ", " ": " ", "\n": " ", "\t": " ", ",": " ",
	";": " ", ":": " ",
	"!": "", "-": "", "/": "", "@": "", "slash": "/", "quad": " ", "qquad": " ", "newline": " ", "linebreak": " ", "par": " ",
	"space": " ",
	"P":     "¶", "S": "§", "pounds": "£", "euro": "€", "copyright": "©", "textregistered": "®", "texttrademark": "™", "dag": "†",
	"ddag": "‡",
	"dots": "…", "ldots": "…", "textellipsis": "…", "textendash": "–", "textemdash": "—", "textquoteright": "’",
	"textquoteleft":     "‘",
	"textquotedblright": "”", "textquotedblleft": "“", "textquotesingle": "'", "textquotedbl": "\"", "guillemotleft": "«",
	"guillemotright": "»",
	"textbackslash":  `\`, "textasciitilde": "~", "textasciicircum": "^", "textunderscore": "_", "textbraceleft": "{",
	"textbraceright": "}",
	"textless":       "<", "textgreater": ">", "textbar": "|", "textdegree": "°", "textbullet": "•", "textperiodcentered": "·",
	"textmu": "µ",
	"TeX":    "TeX", "LaTeX": "LaTeX", "BibTeX": "BibTeX", "times": "×", "cdot": "·", "pm": "±", "infty": "∞", "sim": "∼",
	"approx": "≈", "leq": "≤",
	"geq": "≥", "neq": "≠", "le": "≤", "ge": "≥", "to": "→", "rightarrow": "→", "leftarrow": "←", "ell": "ℓ", "circ": "∘",
	"degree": "°", "prime": "′",
	"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
	"theta": "θ", "iota": "ι",
	"kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ",
	"phi":    "φ",
	"varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ",
	"Pi":    "Π",
	"Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}

// transparent are commands that change how something looks and not what it is.
var transparent = set("emph", "textit", "textbf", "textsc", "texttt", "textrm", "textsf", "textsl", "textup", "textnormal",
	"textmd", "mbox", "hbox",
	"text", "mathrm", "mathbf", "mathit", "mathsf", "mathtt", "mathcal", "mathbb", "boldsymbol", "it", "bf", "em", "sc", "rm",
	"tt", "sf", "sl",
	"itshape", "bfseries", "scshape", "upshape", "ttfamily", "sffamily", "rmfamily", "normalfont", "small", "large", "protect",
	"relax",
	"textsuperscript", "textsubscript", "uppercase", "lowercase", "MakeUppercase", "MakeLowercase", "NoCaseChange", "ensuremath",
	"underline",
	"left", "right", "limits", "displaystyle", "(", ")")

// dropped are commands whose argument is for sorting and not for reading.
var dropped = set("noopsort", "SortNoop", "sortnoop", "label")

func set(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m
}
