namespace SidecarPatterns;

/// <summary>What can stand in a chain of its kind.</summary>
internal interface IChained<T>
    where T : class
{
    T? Next { get; set; }
}
