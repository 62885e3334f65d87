package chart

import "sdmap/internal/diag"

// Everything that a drawing says comes through here before either form is drawn, so that nothing in it acts in the page or is
// forbidden in SVG, and both forms have the same words.

// shown makes every text of a list fit for a drawing; the list itself is left alone.
func shown(texts []string) []string {
	out := make([]string, len(texts))
	for i, s := range texts {
		out[i] = diag.Shown(s)
	}
	return out
}

func (d MapData) shown() MapData {
	points := make([]MapPoint, len(d.Points))
	for i, p := range d.Points {
		p.ID, p.Title, p.Lines = diag.Shown(p.ID), diag.Shown(p.Title), shown(p.Lines)
		points[i] = p
	}
	d.Points, d.Axes, d.Families, d.Formats = points, shown(d.Axes), shown(d.Families), shown(d.Formats)
	d.XTitle, d.YTitle = diag.Shown(d.XTitle), diag.Shown(d.YTitle)
	return d
}

func (d HeatData) shown() HeatData {
	reason := d.Reason
	d.Reason = func(i, j int) string { return diag.Shown(reason(i, j)) }
	d.Labels, d.Legend = shown(d.Labels), diag.Shown(d.Legend)
	return d
}

func (d ScatterData) shown() ScatterData {
	points := make([]ScatterPoint, len(d.Points))
	for i, p := range d.Points {
		p.Label, p.Tip = diag.Shown(p.Label), diag.Shown(p.Tip)
		points[i] = p
	}
	d.Points, d.Groups = points, shownGroups(d.Groups)
	d.XTitle, d.YTitle = diag.Shown(d.XTitle), diag.Shown(d.YTitle)
	return d
}

func shownGroups(groups []Group) []Group {
	out := make([]Group, len(groups))
	for i, g := range groups {
		g.Name, g.Axis = diag.Shown(g.Name), diag.Shown(g.Axis)
		out[i] = g
	}
	return out
}

func (d IntervalData) shown() IntervalData {
	rows := make([]Interval, len(d.Rows))
	for i, r := range d.Rows {
		r.Label, r.Axis, r.Tip = diag.Shown(r.Label), diag.Shown(r.Axis), diag.Shown(r.Tip)
		rows[i] = r
	}
	d.Rows, d.Title = rows, diag.Shown(d.Title)
	return d
}

func (d StackData) shown() StackData {
	rows := make([]StackRow, len(d.Rows))
	for i, r := range d.Rows {
		r.Label, r.Tip = diag.Shown(r.Label), diag.Shown(r.Tip)
		rows[i] = r
	}
	d.Rows, d.Parts, d.Title = rows, shownGroups(d.Parts), diag.Shown(d.Title)
	return d
}
