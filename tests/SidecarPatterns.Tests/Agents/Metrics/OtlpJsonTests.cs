using System.Buffers;
using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json.Nodes;

namespace SidecarPatterns.Tests;

/// <summary>The JSON in the shape of OpenTelemetry's protocol.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class OtlpJsonTests
{
    [Test]
    public void WriteJson_EveryKind_HasTheShapeOfTheProtocol()
    {
        using var test = new CollectedMeter();
        test.Meter.CreateCounter<long>("orders", "{order}", "Taken.").Add(
            5, CollectedMeter.Tag("b", 1), CollectedMeter.Tag("a", "x \"y\""), CollectedMeter.Tag("c", true), CollectedMeter.Tag("d", 0.5));
        test.Meter.CreateUpDownCounter<double>("open").Add(-1.5);
        test.Meter.CreateGauge<double>("warmth").Record(double.NaN);
        test.Meter.CreateHistogram("took", "s", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2.5] }).Record(2);
        test.Clock.Advance(TimeSpan.FromSeconds(1));

        var start = Nanoseconds(test.Clock.GetUtcNow() - TimeSpan.FromSeconds(1));
        var time = Nanoseconds(test.Clock.GetUtcNow());
        var times = $"\"startTimeUnixNano\":\"{start}\",\"timeUnixNano\":\"{time}\"";
        var expected =
            $$$"""
            {"resourceMetrics":[{
              "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"test"}}]},
              "scopeMetrics":[{
                "scope":{"name":"{{{test.Name}}}"},
                "metrics":[
                  {"name":"orders","description":"Taken.","unit":"{order}","sum":{
                    "dataPoints":[{"attributes":[
                      {"key":"a","value":{"stringValue":"x \"y\""}},{"key":"b","value":{"intValue":"1"}},
                      {"key":"c","value":{"boolValue":true}},{"key":"d","value":{"doubleValue":0.5}}],{{{times}}},"asInt":"5"}],
                    "aggregationTemporality":2,"isMonotonic":true}},
                  {"name":"open","description":"","unit":"","sum":{
                    "dataPoints":[{"attributes":[],{{{times}}},"asDouble":-1.5}],"aggregationTemporality":2,"isMonotonic":false}},
                  {"name":"warmth","description":"","unit":"","gauge":{"dataPoints":[{"attributes":[],{{{times}}},"asDouble":"NaN"}]}},
                  {"name":"took","description":"","unit":"s","histogram":{
                    "dataPoints":[{"attributes":[],{{{times}}},"count":"1","sum":2,"bucketCounts":["0","1","0"],"explicitBounds":[1,2.5]}],
                    "aggregationTemporality":2}}]}]}]}
            """;
        var text = Write(test.Collector.Collect());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(JsonNode.DeepEquals(JsonNode.Parse(text), JsonNode.Parse(expected)), Is.True, text);
            Assert.That(text, Does.Not.Contain('\n'));
        }
    }

    [Test]
    public void WriteJson_SeveralMeters_EachIsAScopeOfItsOwn()
    {
        using var test = new CollectedMeter();
        using var other = new Meter(new MeterOptions(test.Name) { Version = "2.0", Tags = [CollectedMeter.Tag("team", "blue")] });
        test.Meter.CreateCounter<int>("a").Add(1);
        other.CreateCounter<int>("b").Add(1);
        test.Meter.CreateCounter<int>("c").Add(1);

        var scopes = JsonNode.Parse(Write(test.Collector.Collect()))!["resourceMetrics"]![0]!["scopeMetrics"]!.AsArray();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                scopes.Select(static scope => string.Join(' ', scope!["metrics"]!.AsArray().Select(static metric => (string)metric!["name"]!))),
                Is.EqualTo(["a c", "b"]));
            Assert.That((string?)scopes[1]!["scope"]!["version"], Is.EqualTo("2.0"));
            Assert.That((string?)scopes[1]!["scope"]!["attributes"]![0]!["value"]!["stringValue"], Is.EqualTo("blue"));
        }
    }

    private static string Write(MetricsSnapshot snapshot)
    {
        var buffer = new ArrayBufferWriter<byte>();
        snapshot.WriteJson(buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static long Nanoseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * 100;
}
