//! Plots as SVG: groups of bars, with a whisker for the spread.

use std::{error::Error, fs, path::Path};

use plotters::{
    coord::{Shift, types::RangedCoordf64},
    prelude::*,
};

/// Told apart by those who see no red or no green, too (Okabe and Ito).
const COLOURS: [RGBColor; 8] = [
    RGBColor(0x99, 0x99, 0x99),
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0x56, 0xB4, 0xE9),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xF0, 0xE4, 0x42),
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0xCC, 0x79, 0xA7),
];

const SIZE: (u32, u32) = (1100, 520);
const FONT: &str = "sans-serif";
/// How much of its place a group fills.
const GROUP: f64 = 0.84;

/// How values become heights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Linear,
    /// For values that differ a hundredfold.
    Logarithmic,
}

/// One colour: a value, and its spread as a fraction, for each group. `None` leaves its place empty.
pub struct Series {
    pub name: String,
    pub values: Vec<Option<(f64, f64)>>,
}

/// Bars side by side, one group after the other.
pub struct Bars {
    pub title: String,
    /// What the axis says.
    pub unit: String,
    pub scale: Scale,
    pub groups: Vec<String>,
    pub series: Vec<Series>,
}

type Failed = Box<dyn Error + Send + Sync>;

impl Bars {
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(&self, file: &Path) -> Result<(), Failed> {
        let mut svg = String::new();
        self.draw(&SVGBackend::with_string(&mut svg, SIZE).into_drawing_area()).map_err(|error| error.to_string())?;
        fs::create_dir_all(file.parent().ok_or("a plot needs a folder")?)?;
        Ok(fs::write(file, svg)?)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), Box<dyn Error + '_>>
    where
        B::ErrorType: 'static,
    {
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(area)
            .caption(&self.title, (FONT, 20))
            .margin(12)
            .x_label_area_size(32)
            .y_label_area_size(72)
            .build_cartesian_2d(0.0..self.groups.len() as f64, self.floor()..self.ceiling())?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .disable_x_axis()
            .light_line_style(WHITE)
            .y_desc(&self.unit)
            .y_label_formatter(&|height| self.label(*height))
            .label_style((FONT, 14))
            .draw()?;
        for (index, series) in self.series.iter().enumerate() {
            let colour = COLOURS[index % COLOURS.len()];
            let bars = self.bars(index, series);
            chart
                .draw_series(bars.iter().map(|bar| Rectangle::new(bar.corners, colour.filled())))?
                .label(&series.name)
                .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], colour.filled()));
            chart.draw_series(bars.iter().map(|bar| PathElement::new(bar.whisker, BLACK)))?;
        }
        self.name_groups(&chart)?;
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.85))
            .border_style(BLACK.mix(0.2))
            .label_font((FONT, 14))
            .draw()?;
        Ok(())
    }

    fn bars(&self, index: usize, series: &Series) -> Vec<Bar> {
        let width = GROUP / self.series.len() as f64;
        let place = |group: usize| group as f64 + (1.0 - GROUP) / 2.0 + index as f64 * width;
        let values = series.values.iter().enumerate();
        values
            .filter_map(|(group, value)| value.map(|(value, spread)| (place(group), value, spread)))
            .map(|(left, value, spread)| Bar {
                corners: [(left, self.floor()), (left + width * 0.94, self.height(value))],
                whisker: [value * (1.0 - spread / 2.0), value * (1.0 + spread / 2.0)]
                    .map(|end| (left + width * 0.47, self.height(end))),
            })
            .collect()
    }

    /// Names of groups stand under their middle; an axis of the library would label the edges.
    fn name_groups<B: DrawingBackend>(&self, chart: &Chart<'_, B>) -> Result<(), Box<dyn Error + '_>>
    where
        B::ErrorType: 'static,
    {
        let style = TextStyle::from((FONT, 15)).pos(plotters::style::text_anchor::Pos::new(
            plotters::style::text_anchor::HPos::Center,
            plotters::style::text_anchor::VPos::Top,
        ));
        let area = chart.plotting_area();
        let (left, top) = area.get_base_pixel();
        for (group, name) in self.groups.iter().enumerate() {
            let (x, y) = area.map_coordinate(&(group as f64 + 0.5, self.floor()));
            area.strip_coord_spec().draw(&Text::new(name.as_str(), (x - left, y - top + 8), style.clone()))?;
        }
        Ok(())
    }

    fn height(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Logarithmic => value.max(f64::MIN_POSITIVE).log10(),
        }
    }

    fn label(&self, height: f64) -> String {
        let value = match self.scale {
            Scale::Linear => height,
            Scale::Logarithmic => 10_f64.powf(height),
        };
        if value < 10.0 && value.fract() != 0.0 { format!("{value:.1}") } else { super::number(value) }
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        self.series.iter().flat_map(|series| &series.values).flatten().map(|(value, _)| *value)
    }

    fn ceiling(&self) -> f64 {
        let highest = self.height(self.values().fold(1.0, f64::max));
        match self.scale {
            Scale::Linear => highest * 1.08,
            Scale::Logarithmic => highest + 0.2,
        }
    }

    /// A logarithmic axis begins at a power of ten, because it has no zero.
    fn floor(&self) -> f64 {
        match self.scale {
            Scale::Linear => 0.0,
            Scale::Logarithmic => self.height(self.values().fold(f64::INFINITY, f64::min)).floor(),
        }
    }
}

type Chart<'a, B> = ChartContext<'a, B, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

struct Bar {
    corners: [(f64, f64); 2],
    whisker: [(f64, f64); 2],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_names_its_groups_and_series() {
        let series = Series { name: "one library".to_owned(), values: vec![Some((900.0, 0.1)), None] };
        let (groups, title, unit) = (vec!["read".to_owned(), "write".to_owned()], String::new(), "ns".to_owned());
        let bars = Bars { title, unit, scale: Scale::Linear, groups, series: vec![series] };
        let file = std::env::temp_dir().join(format!("scs-plot-{}.svg", std::process::id()));
        bars.write(&file).unwrap();
        let svg = fs::read_to_string(&file).unwrap();
        fs::remove_file(&file).unwrap();
        assert!(["one library", "read", "write", "ns"].iter().all(|word| svg.contains(word)), "{svg}");
    }
}
