namespace SidecarPatterns.Tests;

/// <summary>A message of a program, and what its handler does with it.</summary>
/// <param name="Id">What is published.</param>
/// <param name="Key">Its key, where messages have one.</param>
/// <param name="Fails">How many of its first calls fail, over all its attempts and replays.</param>
/// <param name="Holds">Whether its calls end only once it has been released.</param>
/// <param name="IsMarked">Whether, in a batch, its failure is told by a mark, so that it is not attempted again.</param>
internal sealed record ModelMessage(int Id, int Key, int Fails, bool Holds, bool IsMarked)
{
    /// <summary>Fails so often that it never succeeds.</summary>
    public const int Always = int.MaxValue;

    public override string ToString() =>
        $"#{Id} of key {Key}{(Holds ? ", held" : "")}{Fails switch { 0 => "", Always => ", fails always", _ => $", fails {Fails} times" }}{(IsMarked ? ", marked" : "")}";
}
