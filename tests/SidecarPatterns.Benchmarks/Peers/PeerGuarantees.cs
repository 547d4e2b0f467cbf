using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>What follows from the runs: the guarantees of each contender, in words.</summary>
internal static class PeerGuarantees
{
    public static void Write(TextWriter output, IReadOnlyList<PeerFull> full, IReadOnlyList<PeerStop> stops, Goals goals)
    {
        output.WriteLine("| what follows | order | bound | when full | at the stop |");
        output.WriteLine("| --- | --- | --- | --- | --- |");
        for (int i = 0; i < full.Count; i++)
        {
            bool isInOrder = full[i].IsInOrder && stops[i].IsInOrder;
            output.WriteLine($"| {PeerContenders.All[i].Name} | {(isInOrder ? "kept" : "not kept")} | {Bound(full[i])} | {WhenFull(full[i])} | {AtStop(stops[i])} |");
        }

        output.WriteLine();
        output.WriteLine("Order is that of each producer. A bound counts the message in the handler. Coravel is told here to handle its queue; where its own timer does so at the same time, two are handled at once.");
        output.WriteLine();
        Judge(full[PeerContenders.Ours], stops[PeerContenders.Ours], goals);
    }

    private static string Bound(PeerFull full) => full.HasBound ? full.Taken.ToString("N0", CultureInfo.InvariantCulture) : "none";

    private static string WhenFull(PeerFull full) => full switch
    {
        { Lost: > 0 } => string.Create(CultureInfo.InvariantCulture, $"{full.Lost:N0} of those taken are lost"),
        { HasBound: true } => "the producer waits, or is told no; nothing is lost",
        _ => "never is: memory grows",
    };

    private static string AtStop(PeerStop stop) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(stop.Lost > 0 ? $"{stop.Lost:N0} of those taken are lost" : $"what was taken is handled, in {stop.StopTime.TotalMilliseconds:N0} ms")}{(stop.HasProducerEnded ? "" : "; the producer waits for ever")}");

    private static void Judge(PeerFull full, PeerStop stop, Goals goals)
    {
        goals.Add("the sidecar keeps the order of each producer", full.IsInOrder && stop.IsInOrder ? "yes" : "no", full.IsInOrder && stop.IsInOrder);
        goals.AtMost("messages that it takes at once, with the one in its handler", PeerContender.Capacity + 1, full.Taken, "N0");
        goals.AtMost("messages that it loses when full", 0, full.Lost, "N0");
        goals.AtMost("messages that it loses at the stop", 0, stop.Lost, "N0");
        goals.Add("its producer is told at the stop", stop.HasProducerEnded ? "yes" : "no", stop.HasProducerEnded);
    }
}
