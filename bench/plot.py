"""A small plot as SVG: both axes logarithmic, one line a series, each point with its value."""

import math

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 110, 40, 50
COLOURS = {
    "amiwatch": "#0b6e4f",
    "boto3": "#b5541c",
    "warm": "#0b6e4f",
    "cold": "#b5541c",
    "workers": "#0b6e4f",
    "one function": "#b5541c",
    "first": "#b5541c",
    "new": "#0b6e4f",
    "known": "#3b5b92",
}


def tick(value):
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def label(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def apart(line, least=1.3):
    """The points of a line without those that would stand on the one before."""
    shown = []
    for x, y in line:
        if not shown or x >= least * shown[-1][0]:
            shown.append((x, y))
    return shown


def plot(title, x_title, series, label=label):
    points = [point for line in series.values() for point in line]
    xs = [math.log10(x) for x, _ in points]
    ys = [math.log10(y) for _, y in points]
    x_low, x_high = math.floor(min(xs)), math.ceil(max(xs))
    y_low, y_high = math.floor(min(ys)), math.ceil(max(ys))
    x_high, y_high = max(x_high, x_low + 1), max(y_high, y_low + 1)

    def at(x, y):
        right = (math.log10(x) - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT)
        up = (math.log10(y) - y_low) / (y_high - y_low) * (HEIGHT - TOP - BOTTOM)
        return round(LEFT + right, 1), round(HEIGHT - BOTTOM - up, 1)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="sans-serif" font-size="12" fill="#333">',
        f"<title>{title}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22" font-size="15">{title}</text>',
    ]
    for power in range(y_low, y_high + 1):
        _, y = at(10**x_low, 10**power)
        out.append(f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{tick(10**power)}</text>')
    for power in range(x_low, x_high + 1):
        x, y = at(10**power, 10**y_low)
        out.append(f'<path d="M{x} {TOP}V{y}" stroke="#eee"/>')
        out.append(f'<text x="{x}" y="{y + 18}" text-anchor="middle">{tick(10**power)}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    out.append(f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">{x_title}</text>')
    for name, line in series.items():
        colour = COLOURS.get(name, "#444")
        path = " ".join(f"{x},{y}" for x, y in (at(*point) for point in line))
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for point in line:
            x, y = at(*point)
            out.append(f'<circle cx="{x}" cy="{y}" r="3.5" fill="{colour}"/>')
            out.append(
                f'<text x="{x}" y="{y - 9}" text-anchor="middle" fill="{colour}">'
                f"{label(point[1])}</text>"
            )
        x, y = at(*line[-1])
        out.append(f'<text x="{x + 30}" y="{y + 4}" fill="{colour}" font-size="13">{name}</text>')
    out.append("</svg>")
    return "\n".join(out) + "\n"
