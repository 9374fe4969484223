"""`gcrm load`: layers of what surrounds the accounts, one file a command."""

import typer

from gcrm.cli.load import addresses, conditions, footfall, gtfs, origin_destination, osm, residence, sites, thematic, tracks, trade_areas

app = typer.Typer(
    no_args_is_help=True,
    help="Load a layer: streets and buildings, road conditions, residence, footfall, routes of movement, public transport, flows between zones, trading areas, "
    "layers of your own, sites, competitors.",
)
app.command()(osm.osm)
app.command()(conditions.conditions)
app.command()(conditions.speeds)
app.command()(addresses.addresses)
app.command()(residence.residence)
app.command()(footfall.footfall)
app.command()(tracks.tracks)
app.command()(gtfs.gtfs)
app.command("origin-destination")(origin_destination.origin_destination)
app.command("trade-areas")(trade_areas.trade_areas)
app.command()(thematic.thematic)
app.command()(sites.sites)
app.command()(sites.competitors)
