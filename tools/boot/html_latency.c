/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "tools/boot/output.h"

/*
 * How long allocations took, all runs in one chart: the share of them from left to right, the
 * time on a scale of powers of ten from 10 ns up to 100 ms.
 */

#define WIDTH	960
#define HEIGHT	200
#define LEFT	64
#define POINTS	5
#define DECADES 7
#define LOWEST	1 /* the power of ten at the bottom */

static const char *const colours[] = { "#4269d0", "#3ca951", "#ff725c", "#a463f2" };
static const char *const shares[POINTS] = { "half", "99 %", "99.9 %", "99.99 %", "the longest" };
static const char *const times[DECADES + 1] = { "10 ns",  "100 ns", "1 us",  "10 us",
						"100 us", "1 ms",   "10 ms", "100 ms" };

static double x_of(unsigned point)
{
	return LEFT + (double)point * (WIDTH - LEFT - 60) / (POINTS - 1) + 20;
}

static double y_of(double ns)
{
	double power = log10(ns < 10 ? 10 : ns) - LOWEST;

	return HEIGHT - (power > DECADES ? DECADES : power) * HEIGHT / DECADES;
}

static void grid(FILE *out)
{
	for (unsigned i = 0; i <= DECADES; i++) {
		double y = HEIGHT - (double)i * HEIGHT / DECADES;

		fprintf(out,
			"<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' stroke='var(--line)'/><text "
			"x='%d' "
			"y='%.1f' text-anchor='end'>%s</text>\n",
			LEFT, WIDTH, y, y, LEFT - 6, y + 4, times[i]);
	}
	for (unsigned i = 0; i < POINTS; i++)
		fprintf(out, "<text x='%.1f' y='%d' text-anchor='middle'>%s</text>\n", x_of(i),
			HEIGHT + 18, shares[i]);
}

static void curve(FILE *out, const struct boot_report *report, const char *colour)
{
	const uint64_t ns[POINTS] = { report->allocation_ns.p50, report->allocation_ns.p99,
				      report->allocation_ns.p99_9, report->allocation_ns.p99_99,
				      report->allocation_ns.max };

	fprintf(out, "<polyline fill='none' stroke='%s' stroke-width='2.5' points='", colour);
	for (unsigned i = 0; i < POINTS; i++)
		fprintf(out, "%.1f,%.1f ", x_of(i), y_of((double)ns[i]));
	fputs("'/>\n", out);
	for (unsigned i = 0; i < POINTS; i++)
		fprintf(out,
			"<circle cx='%.1f' cy='%.1f' r='4' fill='%s'><title>%s: %.2f "
			"us</title></circle>\n",
			x_of(i), y_of((double)ns[i]), colour, shares[i], (double)ns[i] / 1e3);
}

void boot_html_latency(FILE *out, const struct boot_result *results, size_t count)
{
	fputs("<h2>How long allocations took</h2>\n<p>", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "<span class=key><i style='background:%s'></i>%s</span>",
			colours[i % 4], boot_policy_name(results[i].policy));
	fprintf(out, "</p>\n<svg viewBox='0 -10 %d %d' role=img aria-label='allocation latency'>\n",
		WIDTH, HEIGHT + 36);
	grid(out);
	for (size_t i = 0; i < count; i++)
		if (results[i].report.allocation_ns.max)
			curve(out, &results[i].report, colours[i % 4]);
	fputs("</svg>\n", out);
}
